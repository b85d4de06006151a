namespace DmIo.Cli;

/// <summary>
/// What comes from a socket goes on with the thread that heard of it, and not with one of the pool that has to be woken
/// first: the loops of network disks only take in and hand over. .NET takes this from the environment alone, when the
/// first socket is used.
/// </summary>
internal static class SocketCompletions
{
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>Unless who started us has said otherwise.</summary>
    internal static void RunInline()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
        {
            Environment.SetEnvironmentVariable(Variable, "1");
        }
    }
}
