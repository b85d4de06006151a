using DmIo.Devices;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices;

/// <summary>Descriptions that no device can have are named before anybody computes with them.</summary>
public sealed class DeviceDescriptionTests
{
    private static readonly DeviceDescription Good = new() { Backend = "test", Capacity = 64 };

    public static TheoryData<string, DeviceDescription> Faulty => new()
    {
        { "-1 sectors", Good with { Capacity = -1 } },
        { "sectors", Good with { Capacity = SectorCount.MaxValue + 1 } },
        { "256 bytes", Good with { BlockSizeBytes = 256 } },
        { "768 bytes", Good with { BlockSizeBytes = 768 } },
        { "0 bytes", Good with { BlockSizeBytes = 0 } },
        { "2048 bytes", Good with { BlockSizeBytes = 4096, MaxTransferBytes = 2048 } },
        { "0 segments", Good with { MaxSegments = 0 } },
        { "-5 sectors", Good with { MaxDiscard = -5 } },
        { "-7 sectors", Good with { MaxWriteZeroes = -7 } },
        { "-9 bytes", Good with { TailBytes = -9 } },
    };

    [Fact]
    public void A_possible_description_has_no_fault() => Assert.Null(Good.Fault());

    [Theory]
    [MemberData(nameof(Faulty))]
    public void An_impossible_description_is_named_with_its_value(string value, DeviceDescription description) =>
        Assert.Contains(value, description.Fault());
}
