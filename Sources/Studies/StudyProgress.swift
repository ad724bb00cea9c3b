/// A step of a study, told while it runs.
public enum StudyProgress: Sendable {
  /// A line about what is being done or was found.
  case note(String)
  /// Some of a long work is done.
  case part(String, done: Int, of: Int, detail: String = "")
}
