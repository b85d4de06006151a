namespace DmIo.Actors.Configuration;

/// <summary>What a configured device is kept in: the values of <c>backend</c>.</summary>
internal enum DeviceBackend
{
    /// <summary>Memory of this process.</summary>
    Memory,

    /// <summary>A regular file or a block device.</summary>
    File,

    /// <summary>Nothing.</summary>
    Null,

    /// <summary>What a provider makes of a URI.</summary>
    Uri,
}
