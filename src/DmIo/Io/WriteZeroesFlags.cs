namespace DmIo.Io;

/// <summary>How sectors may be made to read as zero: Linux's <c>BLKDEV_ZERO_NOUNMAP</c> and
/// <c>BLKDEV_ZERO_NOFALLBACK</c>.</summary>
[Flags]
public enum WriteZeroesFlags
{
    /// <summary>As the device does it fastest and with the least space: it may give the sectors up where they then read
    /// as zero.</summary>
    None = 0,

    /// <summary>No hole is made: what is allocated stays allocated, so that a later write there does not run out of
    /// space.</summary>
    NoUnmap = 1,

    /// <summary>Only where it costs less than to write the zeroes. Where it does not, the region is Unsupported, at
    /// once.</summary>
    NoFallback = 2,
}
