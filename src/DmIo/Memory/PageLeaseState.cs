namespace DmIo.Memory;

/// <summary>Whose a lease's pages are.</summary>
internal enum PageLeaseState
{
    /// <summary>The lessee's.</summary>
    Leased,

    /// <summary>The lessee has gone or put them back, but a device may still touch them: nobody's.</summary>
    Draining,

    /// <summary>The pool's again.</summary>
    Returned,
}
