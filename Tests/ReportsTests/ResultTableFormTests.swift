import InterchangeReports
import Testing

/// Tables as files.
@Suite struct ResultTableFormTests {
  private let table = ResultTable(
    "Pairs & shares.", note: "n = 16.", header: ["token", "IIA", "95 %"],
    rows: [["␣a,b", "0.50", "[0.2, 0.8]"], ["say \"x\"\n", "–", "50 %"], ["a|b_c", "−1.00", ""]])

  @Test func commaSeparated() {
    #expect(
      TableFormat.csv.text(of: table) == """
        token,IIA,95 %
        "␣a,b",0.50,"[0.2, 0.8]"
        "say ""x""␊",–,50 %
        a|b_c,−1.00,

        """)
  }

  @Test func markdown() {
    #expect(
      TableFormat.markdown.text(of: table).hasSuffix(
        "| token | IIA | 95 % |\n| --- | --- | --- |\n| ␣a,b | 0.50 | [0.2, 0.8] |\n"
          + "| say \"x\"␊ | – | 50 % |\n| a\\|b_c | −1.00 |  |\n"))
  }

  @Test func latex() {
    #expect(
      TableFormat.latex.text(of: table) == #"""
        % needs \usepackage{booktabs}
        \begin{table}
          \centering
          \caption{Pairs \& shares. n = 16.}
          \begin{tabular}{lrl}
          \toprule
          token & IIA & 95 \% \\
          \midrule
          \textvisiblespace{}a,b & 0.50 & {[}0.2, 0.8{]} \\
          say "x"\texttt{\textbackslash{}n} & -- & 50 \% \\
          a\textbar{}b\_c & $-$1.00 &  \\
          \bottomrule
          \end{tabular}
        \end{table}

        """#)
  }

  @Test func exactNumbers() {
    #expect(ResultTable.exact(0.1) == "0.1" && ResultTable.exact(3) == "3")
    #expect(ResultTable.exact(-0.30000000000000004) == "-0.30000000000000004")
  }
}
