/// The version of the library and of the command line.
public let interchangeVersion = "0.1.0"
