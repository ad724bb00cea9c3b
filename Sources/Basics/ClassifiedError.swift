/// The cause of a failure, which a program's exit code tells.
public enum Failure: Sendable {
  /// A file, a name or a value that was given can't be used.
  case badInput
  /// The work itself failed, such as a training that diverged or a disk that is full.
  case failed
}

/// An error that tells whose fault it is.
///
/// The command line ends with code 65 for bad input and 1 for failed work; an error of any module
/// has its code once it conforms.
public protocol ClassifiedError: Error {
  /// The cause; bad input when a type says nothing else.
  var failure: Failure { get }
}

extension ClassifiedError {
  public var failure: Failure { .badInput }
}
