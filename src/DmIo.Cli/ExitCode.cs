namespace DmIo.Cli;

/// <summary>What <c>dmio</c> tells the shell.</summary>
internal static class ExitCode
{
    /// <summary>Every region is well.</summary>
    internal const int Ok = 0;

    /// <summary>Some error bit is set, or input or output broke off.</summary>
    internal const int Failed = 1;

    /// <summary>Refused, or used wrongly: nothing was touched.</summary>
    internal const int Refused = 2;

    /// <summary>Ended by Ctrl-C or SIGTERM, after what was in flight; as shells say for SIGINT.</summary>
    internal const int Interrupted = 130;
}
