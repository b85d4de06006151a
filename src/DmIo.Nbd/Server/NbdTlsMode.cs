namespace DmIo.Nbd.Server;

/// <summary>Whether connections are encrypted.</summary>
public enum NbdTlsMode
{
    /// <summary>The client decides.</summary>
    Offered,

    /// <summary>A client that does not encrypt learns nothing, not even the names of exports.</summary>
    Required,
}
