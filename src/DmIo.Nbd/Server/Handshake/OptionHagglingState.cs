namespace DmIo.Nbd.Server.Handshake;

/// <summary>Where a handshake is.</summary>
internal enum OptionHagglingState
{
    /// <summary>The client's flags are due.</summary>
    Greeting,

    /// <summary>An option is due.</summary>
    Options,

    /// <summary>TLS begins behind what is to be sent.</summary>
    StartTls,

    /// <summary>Requests come, behind what is to be sent.</summary>
    Transmission,

    /// <summary>The connection ends, behind what is to be sent.</summary>
    Closed,
}
