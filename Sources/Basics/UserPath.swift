import Foundation

extension URL {
  /// A path as a user writes it; a leading `~` stands for the home folder.
  package init(userPath path: String) {
    self.init(fileURLWithPath: (path as NSString).expandingTildeInPath)
  }

  /// True when there is a folder here.
  package var isFolder: Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(
      atPath: path(percentEncoded: false), isDirectory: &isFolder) && isFolder.boolValue
  }

  /// True when there is a file or folder here.
  package var exists: Bool { FileManager.default.fileExists(atPath: path(percentEncoded: false)) }
}
