namespace DmIo.Devices;

/// <summary>What a device knows of sectors without reading them.</summary>
public enum ExtentKind
{
    /// <summary>They hold what was written there, or nobody knows.</summary>
    Data,

    /// <summary>They take no space, as far as the device knows, and read as zero.</summary>
    Hole,

    /// <summary>They take space, and read as zero.</summary>
    Zero,
}
