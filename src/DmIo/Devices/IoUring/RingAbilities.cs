using System.Collections.Frozen;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices.IoUring;

/// <summary>Which operations the kernel's io_uring has, by its own answer (<c>IORING_REGISTER_PROBE</c>).</summary>
/// <param name="Opcodes">Those of <see cref="RingOpcode"/> that it has.</param>
internal sealed record RingAbilities(FrozenSet<RingOpcode> Opcodes)
{
    private const int ProbedOpcodes = 256;
    private const int HeaderBytes = 16;
    private const int OpcodeBytes = 8;
    private const int FlagsOffset = 2;

    private static readonly RingOpcode[] Needed =
    [
        RingOpcode.Read, RingOpcode.Write, RingOpcode.ReadVector, RingOpcode.WriteVector, RingOpcode.ReadFixed,
        RingOpcode.WriteFixed, RingOpcode.Flush, RingOpcode.Allocate,
    ];

    /// <summary>Vectors of registered memory.</summary>
    internal bool HasFixedVectors =>
        Opcodes.Contains(RingOpcode.ReadVectorFixed) && Opcodes.Contains(RingOpcode.WriteVectorFixed);

    /// <summary>Those without which there is no use for it; all came with kernel 5.6 at the latest.</summary>
    internal IEnumerable<RingOpcode> Missing => Needed.Where(opcode => !Opcodes.Contains(opcode));

    /// <summary>Asks. Errno, 0 for success.</summary>
    internal static unsafe int Probe(SafeFileHandle ring, out RingAbilities abilities)
    {
        var answer = stackalloc byte[HeaderBytes + (ProbedOpcodes * OpcodeBytes)];
        new Span<byte>(answer, HeaderBytes + (ProbedOpcodes * OpcodeBytes)).Clear();
        var errno = RingNative.Register(ring, RingNative.RegisterProbe, answer, ProbedOpcodes);
        var found = new List<RingOpcode>();
        foreach (var opcode in Enum.GetValues<RingOpcode>())
        {
            if (errno == 0 && (answer[HeaderBytes + ((int)opcode * OpcodeBytes) + FlagsOffset] & 1) != 0)
            {
                found.Add(opcode);
            }
        }

        abilities = new RingAbilities(found.ToFrozenSet());
        return errno;
    }
}
