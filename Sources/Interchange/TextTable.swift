/// Tables as plain text.
public enum TextTable {
  /// Columns of text, aligned; numbers to the right.
  ///
  /// - Parameter rows: as many cells in each as the header has
  public static func aligned(_ rows: [[String]], header: [String]) -> String {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    func isNumber(_ column: Int) -> Bool {
      rows.allSatisfy { Double($0[column].prefix { $0 != " " }) != nil }
    }
    return all.map { row in
      row.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return isNumber(column) ? space + row[column] : row[column] + space
      }.joined(separator: "  ").replacing(/\s+$/, with: "")
    }.joined(separator: "\n")
  }
}
