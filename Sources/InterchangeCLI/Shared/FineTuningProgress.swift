import Foundation
import Interchange

/// Shows the progress of a comparison.
final class FineTuningProgress {
  private var current: (name: String, line: ProgressLine)?

  func show(_ event: MethodComparison.Event) {
    switch event {
    case .training(let method, let seed, let step):
      let name = "\(method), seed \(seed)"
      if current?.name != name { current = (name, ProgressLine(name)) }
      let development = step.development.map { String(format: ", development %.3f", $0) } ?? ""
      current?.line.update(
        step.step, of: step.steps,
        detail: String(format: "loss %.3f, rate %.1e", step.loss, step.learningRate) + development)
    case .done(let method, let run):
      let score = run.test?.score.values.first
      let measured = score?.value.map { String(format: ", %@ %.3f", score!.metric.rawValue, $0) }
      Output.note("\(method), seed \(run.seed): \(run.history.losses.count) steps\(measured ?? "")")
    case .diverged(let method, let run):
      Output.note("\(method), seed \(run.seed): diverged: \(run.reason)")
    }
  }
}
