using Xunit;

namespace DmIo.Testing.Peers;

/// <summary>Finds other programs. Directories of the system come first, because a python elsewhere may shadow the
/// system's.</summary>
internal static class Programs
{
    private static readonly string[] SystemDirectories = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"];

    /// <summary>The path of the program; null: not installed.</summary>
    internal static string? Find(string program) => SystemDirectories
        .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
        .Where(directory => directory.Length > 0)
        .Select(directory => Path.Combine(directory, program))
        .FirstOrDefault(File.Exists);

    /// <summary>Why a test that requires these programs cannot run; null: it can.</summary>
    internal static string? Missing(params string[] programs) =>
        OperatingSystem.IsWindows() ? "These programs are not available on Windows."
        : programs.FirstOrDefault(program => Find(program) is null) is { } missing ? $"{missing} is not installed."
        : null;
}

/// <summary>A test with other programs, skipped if one of them is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PeerFactAttribute : FactAttribute
{
    public PeerFactAttribute(params string[] programs) => Skip = Programs.Missing(programs);
}

/// <inheritdoc cref="PeerFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PeerTheoryAttribute : TheoryAttribute
{
    public PeerTheoryAttribute(params string[] programs) => Skip = Programs.Missing(programs);
}
