namespace DmIo.Faults.Tests.Bench;

/// <summary>The built command as a process of its own, which is ended by SIGKILL like any other program.</summary>
internal static class Dmio
{
    private static readonly string Assembly = Path.Combine(AppContext.BaseDirectory, "DmIo.Cli.dll");

    internal static PeerProcess Start(params string[] arguments) =>
        PeerProcess.Start("dotnet", [Assembly, .. arguments]);

    /// <summary>Runs a command to its end, which must succeed; returns its output.</summary>
    internal static Task<string> RunAsync(params string[] arguments) =>
        OtherProgram.RunAsync("dotnet", [Assembly, .. arguments]);

    /// <summary>Waits until the kernel has released a file of a killed process, a moment after the process has
    /// ended.</summary>
    internal static Task UntilUnlockedAsync(string file) => OtherProgram.RunAsync("flock", "--shared", file, "true");
}
