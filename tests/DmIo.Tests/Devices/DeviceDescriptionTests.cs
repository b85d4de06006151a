using DmIo.Devices;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices;

/// <summary>Invalid descriptions are reported before they are used.</summary>
public sealed class DeviceDescriptionTests
{
    private static readonly DeviceDescription Good = new() { Backend = "test", Capacity = ByteSize.FromSectors(64) };

    public static TheoryData<string, DeviceDescription> Faulty => new()
    {
        { "1000 bytes", Good with { Capacity = ByteSize.FromBytes(1000) } },
        { "256 bytes", Good with { BlockSize = ByteSize.FromBytes(256) } },
        { "2147483648 bytes", Good with { BlockSize = ByteSize.FromGiB(2) } },
        { "768 bytes", Good with { BlockSize = ByteSize.FromBytes(768) } },
        { "0 bytes", Good with { BlockSize = ByteSize.FromBytes(0) } },
        { "2048 bytes", Good with { BlockSize = ByteSize.FromKiB(4), MaxTransfer = ByteSize.FromKiB(2) } },
        { "3 bytes", Good with { MemoryAlignment = ByteSize.FromBytes(3) } },
        { "0 segments", Good with { MaxSegments = 0 } },
        { "-9 bytes", Good with { TailBytes = -9 } },
    };

    [Fact]
    public void A_valid_description_has_no_fault() => Assert.Null(Good.Fault());

    [Theory]
    [MemberData(nameof(Faulty))]
    public void An_invalid_description_is_named_with_its_value(string value, DeviceDescription description) =>
        Assert.Contains(value, description.Fault());
}
