namespace DmIo.Io;

/// <summary>What a request does with its regions.</summary>
public enum IoOperation
{
    /// <summary>Fill memory from exactly one region.</summary>
    Read,

    /// <summary>Put the same memory on every region.</summary>
    Write,

    /// <summary>Make durable all that was written to the devices named, before this was issued.</summary>
    Flush,

    /// <summary>Give the sectors up; what a later read finds there is undefined.</summary>
    Discard,

    /// <summary>Make the sectors read as zero, without carrying zeroes.</summary>
    WriteZeroes,
}
