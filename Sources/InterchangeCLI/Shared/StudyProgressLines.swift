import Interchange

/// Shows the progress of a study: lines, and a bar for each long part.
final class StudyProgressLines {
  private var current: (name: String, line: ProgressLine)?

  func show(_ progress: StudyProgress) {
    switch progress {
    case .note(let text): Output.note(text)
    case .part(let name, let done, let total, let detail):
      if current?.name != name { current = (name, ProgressLine("    " + name)) }
      current?.line.update(done, of: total, detail: detail)
    }
  }
}
