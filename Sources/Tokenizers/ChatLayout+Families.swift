extension ChatLayout {
  /// The family of a template and the texts it puts around messages; nil when it is of none.
  static func recognise(_ template: JinjaOutputs) -> (ChatTemplate.Family, ChatLayout)? {
    // Models that think before they answer treat earlier thoughts in ways of their own.
    let isReasoning = (template.expressions.union(template.statements)).contains {
      $0.contains("think") || $0.contains("reasoning")
    }
    guard !isReasoning, !template.hasLooseText else { return nil }
    let families: [(ChatTemplate.Family, (JinjaOutputs) -> ChatLayout?)] = [
      (.chatML, chatML), (.llama2, llama2), (.llama3, llama3), (.mistral, mistral),
      (.zephyr, zephyr), (.phi3, phi3), (.gemma, gemma),
    ]
    for (family, layout) in families {
      if let layout = layout(template) { return (family, layout) }
    }
    return nil
  }

  private static func chatML(_ template: JinjaOutputs) -> ChatLayout? {
    guard
      template.expressions.isSuperset(of: [
        "'<|im_start|>'+message['role']+'\n'+message['content']+'<|im_end|>\n'",
        "'<|im_start|>assistant\n'",
      ])
    else { return nil }
    // The system message for conversations without one is spelled out in the template.
    let (before, after) = ("<|im_start|>system\n", "<|im_end|>\n")
    let defaults = template.expressions.compactMap { expression -> String? in
      guard expression.hasPrefix("'" + before), expression.hasSuffix(after + "'") else {
        return nil
      }
      let text = expression.dropFirst(before.count + 1).dropLast(after.count + 1)
      return text.contains("'") ? nil : String(text)
    }
    let mentionsSystem = template.expressions.contains { $0.contains(before) }
    guard defaults.count == (mentionsSystem ? 1 : 0) else { return nil }
    let system = Frame(before: before, after: after)
    return ChatLayout(
      system: .turn(system), laterSystem: system, defaultSystem: defaults.first,
      user: Frame(before: "<|im_start|>user\n", after: after),
      assistant: Frame(before: "<|im_start|>assistant\n", after: after),
      generation: "<|im_start|>assistant\n", trims: .none, alternates: false,
      endOfTurn: "<|im_end|>")
  }

  private static func llama2(_ template: JinjaOutputs) -> ChatLayout? {
    guard
      template.expressions.isSuperset(of: [
        "bos_token+'[INST] '+content.strip()+' [/INST]'",
        "' '+content.strip()+' '+eos_token",
      ]),
      template.statements.isSuperset(of: [
        "setsystem_message=false",
        "setcontent='<<SYS>>\n'+system_message+'\n<</SYS>>\n\n'+message['content']",
      ])
    else { return nil }
    return ChatLayout(
      system: .inFirstUser(Frame(before: "<<SYS>>\n", after: "\n<</SYS>>\n\n")),
      user: Frame(before: beginning + "[INST] ", after: " [/INST]"),
      assistant: Frame(before: " ", after: " " + end), generation: "", trims: .all,
      alternates: true, endOfTurn: end)
  }

  private static func llama3(_ template: JinjaOutputs) -> ChatLayout? {
    let message =
      "'<|start_header_id|>'+message['role']+'<|end_header_id|>\n\n'"
      + "+message['content']|trim+'<|eot_id|>'"
    func header(_ role: String) -> String {
      "<|start_header_id|>\(role)<|end_header_id|>\n\n"
    }
    guard template.expressions.contains("'\(header("assistant"))'") else { return nil }
    let isPlain = template.statements.isSuperset(of: [
      "setcontent=" + message, "setcontent=bos_token+content", "ifadd_generation_prompt",
    ])
    // 3.1 and 3.2 tell the model two dates.
    let isDated =
      template.expressions.isSuperset(of: [
        message, "bos_token", "'\(header("system"))'", "system_message", "'<|eot_id|>'",
        "'Cutting Knowledge Date: December 2023\n'", "'Today Date: '+date_string+'\n\n'",
      ]) && template.statements.contains("setdate_string='26 Jul 2024'")
    guard isPlain != isDated else { return nil }
    let dates = "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n"
    let later = Frame(before: header("system"), after: "<|eot_id|>")
    return ChatLayout(
      opening: beginning,
      system: .turn(Frame(before: later.before + (isDated ? dates : ""), after: later.after)),
      laterSystem: later, defaultSystem: isDated ? "" : nil,
      user: Frame(before: header("user"), after: "<|eot_id|>"),
      assistant: Frame(before: header("assistant"), after: "<|eot_id|>"),
      generation: header("assistant"), trims: .all, alternates: false, endOfTurn: "<|eot_id|>")
  }

  private static func mistral(_ template: JinjaOutputs) -> ChatLayout? {
    guard template.expressions.contains("bos_token") else { return nil }
    let users = [("[INST] ", " [/INST]"), (" [INST] ", " [/INST]"), ("[INST] ", "[/INST]")].filter {
      template.expressions.contains("'\($0)'+message['content']+'\($1)'")
    }
    let assistants: [(String, Frame, Trimming)] = [
      ("message['content']+eos_token", Frame(before: "", after: end), .none),
      ("message['content']+eos_token+' '", Frame(before: "", after: end + " "), .none),
      ("' '+message['content']+eos_token", Frame(before: " ", after: end), .none),
      ("' '+message['content']|trim+eos_token", Frame(before: " ", after: end), .assistant),
    ].filter { template.expressions.contains($0.0) }
    guard users.count == 1, assistants.count == 1 else { return nil }
    let systemExpression =
      "'\(users[0].0)'+system_message+'\n\n'+message['content']+'\(users[0].1)'"
    var system = SystemMessage.refused
    let frame = Frame(before: "", after: "\n\n")
    if template.expressions.contains(systemExpression) {
      if template.statements.contains("ifloop.firstandsystem_messageisdefined") {
        system = .inFirstUser(frame)
      } else if template.statements.contains("ifloop.lastandsystem_messageisdefined") {
        system = .inLastUser(frame)
      } else {
        return nil
      }
    } else if template.expressions.contains(where: { $0.contains("system_message") }) {
      return nil
    }
    return ChatLayout(
      opening: beginning, system: system, user: Frame(before: users[0].0, after: users[0].1),
      assistant: assistants[0].1, generation: "", trims: assistants[0].2, alternates: true,
      endOfTurn: end)
  }

  private static func zephyr(_ template: JinjaOutputs) -> ChatLayout? {
    tagged(template, after: end + "\n", expression: "eos_token+'\n'", endOfTurn: end)
  }

  private static func phi3(_ template: JinjaOutputs) -> ChatLayout? {
    tagged(template, after: "<|end|>\n", expression: "'<|end|>\n'", endOfTurn: "<|end|>")
  }

  /// Turns that begin with `<|role|>` on a line of its own.
  private static func tagged(
    _ template: JinjaOutputs, after: String, expression: String, endOfTurn: String
  ) -> ChatLayout? {
    func isThere(_ role: String) -> Bool {
      template.expressions.contains("'<|\(role)|>\n'+message['content']+\(expression)")
    }
    guard isThere("user"), isThere("assistant"), isThere("system"),
      template.expressions.contains("'<|assistant|>\n'")
    else { return nil }
    let system = Frame(before: "<|system|>\n", after: after)
    return ChatLayout(
      system: .turn(system), laterSystem: system,
      dropsEmptySystem: template.statements.contains { $0.hasSuffix("andmessage['content']") },
      user: Frame(before: "<|user|>\n", after: after),
      assistant: Frame(before: "<|assistant|>\n", after: after), generation: "<|assistant|>\n",
      closing: template.expressions.contains("eos_token") ? end : "", trims: .none,
      alternates: false, endOfTurn: endOfTurn)
  }

  private static func gemma(_ template: JinjaOutputs) -> ChatLayout? {
    guard
      template.expressions.isSuperset(of: [
        "bos_token", "raise_exception('System role not supported')", "'<start_of_turn>model\n'",
        "'<start_of_turn>'+role+'\n'+message['content']|trim+'<end_of_turn>\n'",
      ])
    else { return nil }
    return ChatLayout(
      opening: beginning, user: Frame(before: "<start_of_turn>user\n", after: "<end_of_turn>\n"),
      assistant: Frame(before: "<start_of_turn>model\n", after: "<end_of_turn>\n"),
      generation: "<start_of_turn>model\n", trims: .all, alternates: true,
      endOfTurn: "<end_of_turn>")
  }
}
