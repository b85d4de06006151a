namespace DmIo.Native;

/// <summary>Resolves symbolic links.</summary>
internal static class SymbolicLink
{
    /// <summary>The final target of a path, existing or not; null: the path is not a symbolic link.</summary>
    /// <exception cref="IOException">The links form a loop.</exception>
    /// <exception cref="UnauthorizedAccessException">A directory of the path cannot be searched.</exception>
    internal static FileInfo? TargetOf(string path)
    {
        // .NET resolves a relative link in a relative path against the root directory.
        var link = new FileInfo(Path.GetFullPath(path));
        return link.LinkTarget is null ? null : (FileInfo?)link.ResolveLinkTarget(returnFinalTarget: true);
    }

    /// <summary>Describes a link whose target does not exist, for messages about a file that was not found; null: the
    /// path is no such link. Never throws.</summary>
    internal static string? ExplainDangling(string path)
    {
        try
        {
            return TargetOf(path) is { Exists: false } target
                ? $"it is a symbolic link to '{target.FullName}', which does not exist"
                : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
