using DmIo.Io;

namespace DmIo.TestKit.Tests.Entries;

/// <summary>Extreme values of numeric types: the minimum, the maximum, their neighbors, and NaN. Other types have
/// none.</summary>
internal static class HostileNumbers
{
    private static readonly long[] Longs =
        [long.MinValue, long.MinValue + 1, -1, 0, (1L << 54) - 1, 1L << 54, long.MaxValue - 1, long.MaxValue];

    internal static IEnumerable<object> Of(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type switch
        {
            _ when type == typeof(int) => [int.MinValue, -1, 0, int.MaxValue - 1, int.MaxValue],
            _ when type == typeof(long) => Longs.Cast<object>(),
            _ when type == typeof(double) => [double.NaN, double.NegativeInfinity, -1.0, 2.0, double.MaxValue],
            _ when type == typeof(TimeSpan) =>
                [TimeSpan.MinValue, TimeSpan.FromTicks(-1), TimeSpan.Zero, TimeSpan.MaxValue],
            _ when type == typeof(Sector) => Longs.Select(one => (object)new Sector(one)),
            _ when type == typeof(SectorCount) => Longs.Select(one => (object)new SectorCount(one)),
            _ when type == typeof(ByteSize) =>
                Longs.Where(one => one >= 0).Select(one => (object)ByteSize.FromBytes(one)),
            _ when type == typeof(IoRegion) => Regions(),
            _ when type.IsEnum => [Enum.ToObject(type, -1), Enum.ToObject(type, int.MaxValue)],
            _ => [],
        };
    }

    private static IEnumerable<object> Regions() =>
        Longs.SelectMany(start => Longs.Select(count => (object)new IoRegion("disk", start, count)))
            .Append(default(IoRegion));
}
