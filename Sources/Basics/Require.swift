/// Ends the program with its message when a programmer's error shows.
///
/// The standard library's `precondition` prints nothing in an optimized build, where numerical code
/// is always run; this one prints operation, expected and got there too.
package func require(
  _ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String,
  file: StaticString = #fileID, line: UInt = #line
) {
  if !condition() { fatalError(message(), file: file, line: line) }
}

/// Ends the program with its message: a programmer's error.
package func programmerError(
  _ message: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) -> Never {
  fatalError(message(), file: file, line: line)
}
