namespace DmIo.Devices.IoUring;

/// <summary>What a ring did so far. Written by its owner; a reader on another thread sees what is nearly
/// true.</summary>
internal sealed class RingCounters
{
    private readonly long[] submitted = new long[256];

    /// <summary>Calls into the kernel (<c>io_uring_enter</c>) that gave it operations.</summary>
    internal long Enters { get; set; }

    /// <summary>Operations that had to be tried again.</summary>
    internal long Retries { get; set; }

    /// <summary>Completions that belonged to no operation in the kernel; anything but 0 is a defect.</summary>
    internal long Strays { get; set; }

    /// <summary>How many of them were given to the kernel.</summary>
    internal long Submitted(RingOpcode opcode) => submitted[(int)opcode];

    internal void Count(RingOpcode opcode) => submitted[(int)opcode]++;
}
