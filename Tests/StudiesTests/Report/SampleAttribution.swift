import Foundation

/// A JSON object.
private typealias Object = [String: Any]

/// Small results of lenses, direct attribution, head detection and probes.
enum SampleAttribution {
  static func lens(_ name: String) -> [String: Any] {
    func cell(_ probability: Double) -> Object {
      [
        "top": [
          ["id": 4, "token": name, "probability": probability] as Object,
          ["id": 9, "token": "␣b", "probability": 0.0625] as Object,
        ], "entropy": 1.25, "divergence": 0.75,
        "answer": ["probability": 0.0625, "rank": 1] as Object,
      ]
    }
    return [
      "text": name, "component": "block_output", "positions": [0, 2], "tokens": ["<s>", name],
      "answer": "␣b",
      "rows": [
        ["cells": [cell(0.5), cell(0.25)]] as Object,
        ["layer": 0, "cells": [cell(0.75), cell(0.875)]] as Object,
      ],
    ]
  }

  private static func share(_ mean: Double) -> Object { ["mean": mean, "error": 0.125] }

  static func direct(_ name: String) -> [String: Any] {
    func part(_ name: String, _ kind: String, _ layer: Int?, _ mean: Double) -> Object {
      var part: Object = ["name": name, "kind": kind, "share": share(mean)]
      if kind != "bias" { part["norm"] = 2.5 }
      if kind != "bias" { part["cosine"] = 0.25 }
      part["layer"] = layer
      return part
    }
    return [
      "subject": name, "question": "␣a − \(name)", "tokens": ["<s>", name],
      "attribution": [
        "count": 2, "sum": share(3.5), "difference": share(3.5), "largestGap": 1e-6,
        "softCap": true,
        "parts": [
          part("token embedding", "embedding", nil, 0.5), part("attention 0", "attention", 0, 1),
          part("MLP 0", "mlp", 0, 1.75), part("final norm's bias", "bias", nil, 0.25),
        ],
        "heads": [["layer": 0, "shares": [share(0.75), share(-0.5)], "bias": share(0)] as Object],
        "neurons": [["layer": 0, "index": 7, "share": share(0.625)] as Object],
        "mlpBiases": [share(0)], "expertLayers": [Int](),
        "sources": [["layer": 0, "head": 1, "shares": [0.25, -0.75]] as Object],
      ] as Object,
    ]
  }

  static func heads(_ name: String) -> [String: Any] {
    func head(_ layer: Int, _ head: Int) -> Object {
      [
        "layer": layer, "head": head, "previous": 0.75, "duplicate": 0.125, "induction": 0.5,
        "copying": -0.25,
      ]
    }
    let map: Object = [
      "kind": "query", "largest": [[NSNull(), NSNull()], [0.25, NSNull()]] as [[Any]],
      "mean": 0.0625,
      "randomMean": 0.0416, "randomDeviation": 0.002,
    ]
    return [
      "text": name, "sequences": 1, "length": 9,
      "heads": [head(0, 0), head(0, 1), head(1, 0), head(1, 1)],
      "uniform": ["previous": 0.25, "duplicate": 0.125, "induction": 0.125] as Object,
      "composition": [
        "maps": [map], "rotated": 0.0417,
        "pairs": [["kind": "query", "from": [0, 1], "to": [1, 0], "score": 0.25] as Object],
      ] as Object,
    ]
  }

  static func probes(_ name: String) -> [String: Any] {
    func accuracy(_ correct: Int) -> Object { ["correct": correct, "n": 64] }
    func layer(_ layer: Int) -> Object {
      [
        "layer": layer, "train": accuracy(64), "test": accuracy(60),
        "controls": [accuracy(33), accuracy(30)], "isConverged": layer == 0, "iterations": 31,
      ]
    }
    return [
      "task": name, "label": "number", "position": ["index": ["_0": -1] as Object] as Object,
      "type": "token", "disjoint": "nouns", "penalty": 1.0, "notes": [name],
      "report": [
        "component": "block_output", "labels": [name, "b"], "types": 12, "seenTypes": 0.97,
        "constant": accuracy(32), "layers": [layer(0), layer(3)],
      ] as Object,
    ]
  }
}
