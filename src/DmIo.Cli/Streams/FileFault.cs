namespace DmIo.Cli;

/// <summary>Why a file can't be opened, where .NET's own words do not lead to the fix: it says of a directory that
/// access is denied.</summary>
internal static class FileFault
{
    internal static string Explain(Exception fault, string path) => fault switch
    {
        _ when path.Length == 0 => "the path is empty; give a file.",
        UnauthorizedAccessException when Directory.Exists(path) => "it is a directory; give a file.",
        _ => fault.Message,
    };
}
