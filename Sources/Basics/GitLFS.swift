/// Files that stand for large ones in a repository that was cloned without Git LFS.
package enum GitLFS {
  private static let beginning = Array("version https://git-lfs.github.com/spec/".utf8)

  /// Tells whether a file's bytes are a pointer to the content, and not the content.
  package static func isPointer(_ bytes: some Sequence<UInt8>) -> Bool {
    bytes.starts(with: beginning)
  }
}
