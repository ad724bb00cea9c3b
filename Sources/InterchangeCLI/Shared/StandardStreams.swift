import Foundation

/// The three descriptors that a program is started with.
enum StandardStreams {
  /// Opens those that are closed, so that no file of the program's gets their numbers and is
  /// written to as if it were a terminal; ends writes to a reader that is gone with an error.
  static func prepare() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
      // What can't be read takes no results: writing them fails as it would have failed.
      _ = open("/dev/null", descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY)
    }
    signal(SIGPIPE, SIG_IGN)
  }
}
