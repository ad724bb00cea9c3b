import Foundation
import Interchange
import Testing

/// A JSON object.
private typealias Object = [String: Any]

/// Small records of every kind of result, read from a folder as a user's are.
enum SampleRun: String, CaseIterable, Sendable {
  case equality, sweep, sweeps, alignments, judged, examined, subspaces, fineTuning, comparison,
    comparisons,
    evaluation
  case steering, search, growth, attention, experiment, lens, direct, heads, probes

  /// The record.
  ///
  /// - Parameter name: what tasks, variables, tokens, methods and texts are called
  func record(naming name: String = "agreement") throws -> RunRecord {
    let (command, results): (String, Object) =
      switch self {
      case .equality: ("demo", ["equality": try Self.equality(name)])
      case .sweep: ("sweep", ["sweeps": [Self.sweep(name)]])
      case .sweeps:
        ("sweep", ["sweeps": [nil, 0, 8].map { Self.sweep(name, head: $0) }])
      case .alignments: ("das", ["alignments": [1, 2].map { Self.alignment(name, rank: $0) }])
      case .judged:
        ("das", ["alignments": try [1, 2].map { try Self.judged(name, rank: $0) }])
      case .subspaces: ("subspaces", ["subspaces": try Self.subspaces(name)])
      case .examined: ("examine", ["alignments": [Self.alignment(name, rank: 4, losses: [])]])
      case .fineTuning: ("demo", ["fineTuning": Self.fineTuning(name)])
      case .comparison: ("finetune", ["comparisons": [try Self.comparison(name, [name])]])
      case .comparisons:
        (
          "compare",
          [
            "comparisons": [
              try Self.comparison(name, ["red", name]),
              try Self.comparison("other", ["red", "loreft"]),
            ]
          ]
        )
      case .evaluation: ("evaluate", ["evaluation": Self.evaluation(name, 61)])
      case .steering: ("steer", ["steering": Self.steering(name)])
      case .search: ("tune", ["search": Self.search(name)])
      case .growth: ("growth", ["growth": Self.growth(name)])
      case .experiment: ("run", ["experiment": Self.experiment(name)])
      case .attention: ("attention", ["attention": Self.attention(name)])
      case .lens: ("lens", ["lens": SampleAttribution.lens(name)])
      case .direct: ("direct", ["direct": SampleAttribution.direct(name)])
      case .heads: ("heads", ["heads": SampleAttribution.heads(name)])
      case .probes: ("probe", ["probes": SampleAttribution.probes(name)])
      }
    return try Self.record(
      results, command: command, arguments: [command, "MODEL", "--task", name])
  }

  /// A record that was written to a folder and read again.
  static func record(
    _ results: [String: Any], command: String, arguments: [String], model: String = "models/M.gguf"
  ) throws -> RunRecord {
    let folder = FileManager.default.temporaryDirectory.appending(component: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let json: Object = [
      "version": "0.0.9", "command": command, "arguments": arguments,
      "model": ["path": model, "identity": "xxh64:0123456789abcdef"], "seed": 7,
      "started": "2026-11-21T11:24:55Z", "seconds": 1057.4, "results": results,
    ]
    try JSONSerialization.data(withJSONObject: json)
      .write(to: folder.appending(component: "run.json"))
    return try RunRecord(folder: folder)
  }

  private static func accuracy(
    _ correct: Int, _ n: Int = 64, difference: Double? = nil
  ) -> Object {
    var json: Object = ["correct": correct, "n": n]
    json["logitDifference"] = difference
    return json
  }

  private static func encoded(_ value: some Encodable) throws -> Any {
    try JSONSerialization.jsonObject(with: JSONEncoder().encode(value))
  }

  private static var check: Object {
    [
      "baseAccuracy": accuracy(90, 96), "sourceAccuracy": accuracy(93, 96), "pairs": 96,
      "droppedUnsolved": 9, "droppedUnaligned": 3, "kept": 84, "labels": [" is": 44, " are": 40],
    ]
  }

  private static func report(rank: Int) -> Object {
    func control(_ name: String, _ correct: Int) -> Object {
      ["name": name, "iia": accuracy(correct), "note": "a note on \(name)"]
    }
    var (own, random) = (control("self_swap", 0), control("random_subspaces", 3))
    own["largestChange"] = 0
    random["each"] = [0.03125, 0.0625]
    return [
      "site": "block_output 28 @ -1", "rank": rank, "test": accuracy(60 + rank),
      "train": accuracy(128, 128), "steps": 40, "finalLoss": 0.0125,
      "orthonormalityError": 2.5e-7,
      "controls": [
        own, control("full_vector", 63), random, control("pca", 7),
        control("shuffled_sources", 33), control("random_model", 31),
      ],
    ]
  }

  private static func alignment(
    _ name: String, rank: Int, losses: [Double] = [0.7, 0.3, 0.0125]
  ) -> Object {
    [
      "task": name, "variable": name, "check": check, "disjoint": "nouns",
      "report": report(rank: rank), "losses": losses,
    ]
  }

  /// A fit with its verdict, and everything that was chosen on training pairs.
  private static func judged(_ name: String, rank: Int) throws -> Object {
    var report = report(rank: rank)
    report["verdict"] = rank == 1 ? "converged" : "loss still falling"
    report["verdictReason"] = "the reason of \(name)"
    report["fit"] =
      [
        "budget": ["maximumSteps": 1000], "learningRate": 0.004,
        "trainingPairs": 80, "validationPairs": 12, "end": "plateau", "isStillFalling": false,
        "checks": [0, 2].map { ["step": $0, "loss": 0.5, "accuracy": accuracy(10, 12)] as Object },
      ] as Object
    report["dimension"] =
      [
        "dimension": 1, "interval": [1, 2], "folds": 4, "boundary": 201,
        "candidates": [1, 2].map {
          ["rank": $0, "heldOut": accuracy(60 + $0), "train": accuracy(63)] as Object
        },
      ] as Object
    var alignment = alignment(name, rank: rank)
    let rotations = try [1, 2].map { try Rotation.random(rank: rank, width: 16, seed: $0) }
    alignment["report"] = report
    alignment["seeds"] =
      [
        "seeds": [7, 8], "verdicts": ["converged", "overfits"],
        "accuracies": ["mean": 0.95, "deviation": 0.01, "values": [0.94, 0.96]],
        "likenesses": try encoded(
          rotations.map { one in try rotations.map { try SubspaceLikeness(one, $0) } }),
        "baseline": try encoded(RandomLikeness(ranks: rank, rank, width: 16, seed: 1)),
      ] as Object
    alignment["siteSelection"] =
      [
        "chosen": 1,
        "candidates": [27, 28].map {
          ["site": "block_output \($0) @ -1", "heldOut": accuracy($0 + 30)] as Object
        },
      ] as Object
    return alignment
  }

  private static func subspaces(_ name: String) throws -> Object {
    let found = try [(name, 1), ("other", 2)].map {
      ($0.0, try Rotation.random(rank: $0.1, width: 16, seed: 3))
    }
    var json = try encoded(SubspaceComparison(found)) as? Object ?? [:]
    json["swaps"] =
      [
        "accuracies": [[accuracy(60), accuracy(31)], [accuracy(12), accuracy(62)]],
        "random": [accuracy(3), accuracy(4)],
      ] as Object
    return json
  }

  private static func equality(_ name: String) throws -> Object {
    [
      "settings": try encoded(EqualityExperiment.Settings()),
      "networkAccuracy": accuracy(4090, 4096),
      "lines": [
        [
          "variable": name, "layer": 1, "dimensions": 8, "published": "0.50–0.52",
          "report": report(rank: 3),
        ] as Object
      ],
    ]
  }

  static func sweep(_ name: String, head: Int? = nil) -> [String: Any] {
    [
      "task": name, "variable": name, "check": check, "positionLabels": ["␣the", name],
      "result": [
        "component": head == nil ? "block_output" : "attention_value_output",
        "head": head.map { $0 as Any } ?? NSNull(), "layers": [4, 5], "positions": ["0", "1"],
        "cells": [
          [accuracy(1, 16, difference: -2.5), accuracy(15, 16, difference: 3.125)],
          [accuracy(2, 16, difference: -1.5), accuracy(8, 16, difference: 0.5)],
        ],
      ] as Object,
    ]
  }

  /// A sweep, and fits of two layers, ranks and seeds.
  private static func experiment(_ name: String) -> Object {
    func point(_ step: String, _ axes: [(String, Int)], _ results: Object) -> Object {
      [
        "name": ([step] + axes.map { "\($0.0)-\($0.1)" }).joined(separator: "-"), "step": step,
        "command": step, "key": "xxh64:1", "digest": "xxh64:2", "results": results,
        "started": "2026-11-21T11:24:55Z", "seconds": 1.5,
        "options": [["name": "task", "values": [name], "varies": false] as Object]
          + axes.map { ["name": $0.0, "values": ["\($0.1)"], "varies": true] as Object },
      ]
    }
    let fits = [4, 5].flatMap { layer in
      [1, 2].flatMap { rank in
        [0, 1].map { seed in
          point(
            "das", [("layer", layer), ("rank", rank), ("seed", seed)],
            ["alignments": [alignment(name, rank: rank)]])
        }
      }
    }
    return [
      "digest": "xxh64:3", "points": [point("sweep", [], ["sweeps": [sweep(name)]])] + fits,
    ]
  }

  private static func attention(_ name: String) -> Object {
    let weights = [[1, 0, 0], [0.75, 0.25, 0], [0.125, 0.5, 0.375]]
    return [
      "text": name, "tokens": ["<s>", name, "␣b"], "isCausal": true,
      "heads": [(3, 0), (3, 1), (20, 7)].map { layer, head in
        ["layer": layer, "head": head, "weights": weights] as Object
      },
    ]
  }

  private static func fineTuning(_ name: String) -> Object {
    [
      "method": name, "site": "block_output 28 @ -1", "rank": 1, "parameters": 577,
      "parameterShare": 4.3e-6, "losses": [0.7, 0.1],
      "effects": [["name": name, "before": accuracy(2), "after": accuracy(63)] as Object],
    ]
  }

  private static func evaluation(_ name: String, _ correct: Int) -> Object {
    [
      "task": name, "mode": "choose", "loss": 0.405, "perplexity": 1.4993,
      "score": [
        "values": [
          ["metric": "accuracy", "value": Double(correct) / 64] as Object, ["metric": "macroF1"],
        ],
        "accuracy": accuracy(correct), "unanswered": 2,
      ] as Object,
    ]
  }

  private static func comparison(_ name: String, _ methods: [String]) throws -> Object {
    func run(_ seed: Int) -> Object {
      [
        "seed": seed,
        "history": [
          "losses": [0.7, 0.4, 0.25], "stoppedEarly": false, "tokens": 300,
          "evaluations": [["step": 1, "value": 0.6], ["step": 3, "value": 0.5]],
        ] as Object, "test": evaluation(name, 52 + seed), "trainingSeconds": 12.0, "peakMiB": 301.0,
        "memory": ["weights": 1, "gradients": 1, "optimizer": 1, "activations": 1],
      ]
    }
    return [
      "task": name, "trainCount": 432, "developmentCount": 48, "untuned": evaluation(name, 30),
      "constant": [
        "values": [["metric": "accuracy", "value": 0.484] as Object], "accuracy": accuracy(31),
        "unanswered": 0,
      ] as Object,
      "methods": try methods.map { method -> Object in
        [
          "name": method, "parameters": 4608, "parameterShare": 2.03e-4,
          "configuration": try encoded(AdapterConfiguration(method: "red")),
          "settings": try encoded(FineTuningSettings()), "seeds": [run(0), run(1)],
        ]
      },
    ]
  }

  private static func steering(_ name: String) -> Object {
    [
      "method": "mean", "pairs": 16, "layers": [10, 11], "coefficient": 0.25,
      "summaries": [
        ["layer": 10, "norm": 3.5, "relativeNorm": 0.125, "orderedPairs": 15],
        ["layer": 11, "norm": 4.25, "relativeNorm": 0.25],
      ],
      "continuation": ["prompt": name, "before": " is \(name)", "after": " was\n\(name)"],
    ]
  }

  private static func search(_ name: String) -> Object {
    func trial(_ rank: String, round: Int, _ score: Double?) -> Object {
      var json: Object = [
        "choices": ["method": "lora", "choices": [["key": name, "value": rank]]] as Object,
        "round": round, "steps": 6 << round, "parameters": 512, "parameterShare": 1e-4,
        "seconds": 1.5,
      ]
      json["score"] = score
      json["loss"] = score.map { 1 - $0 }
      return json
    }
    return [
      "task": name, "metric": "accuracy", "trainCount": 30, "developmentCount": 10,
      "trials": [trial("1", round: 0, 0.5), trial("2", round: 0, nil), trial("4", round: 0, 0.75)]
        + [trial("4", round: 1, 0.875)],
    ]
  }

  private static func growth(_ name: String) -> Object {
    func axis(_ axis: String) -> Object {
      [
        "name": axis,
        "points": [
          ["value": 1, "seconds": 0.0125, "predicted": 0.01, "rows": 480],
          ["value": 8, "seconds": 0.0955, "predicted": 0.08, "rows": 240],
        ],
      ]
    }
    return [
      "model": name, "batch": 16, "length": 64, "layer": 15, "rank": 16, "gflops": 202.0,
      "gigabytesPerSecond": 9.5, "threads": 2, "axes": [axis("layer"), axis("rank")],
    ]
  }
}
