using DmIo.Devices.Faults;
using DmIo.Io;

namespace DmIo.Actors.Configuration;

/// <summary>What a configured device does wrong on purpose: one block of its <c>faults</c>, and its
/// <c>delay</c>.</summary>
internal static class FaultSettings
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromHours(1);

    internal static FaultRule ReadRule(SettingsReader reader)
    {
        var rule = new FaultRule
        {
            Filter = new OperationFilter
            {
                Operations = reader.Choices<IoOperation>("operations"),
                Start = reader.Number("start", 0, long.MaxValue),
                Count = reader.NumberOr("all", "count", 0, SectorCount.MaxValue) ?? SectorCount.MaxValue,
            },
            After = reader.Number("after", 0, long.MaxValue),
            AtMost = reader.NumberOr("unlimited", "times", 0, long.MaxValue),
            Probability = reader.Fraction("probability"),
            Errno = (int)reader.Number("errno", 1, 4095),
        };
        reader.RefuseTheRest();
        return rule;
    }

    internal static DeviceDelays ReadDelays(SettingsReader reader)
    {
        var delays = new DeviceDelays
        {
            Read = reader.Duration("read", LongestDelay),
            Write = reader.Duration("write", LongestDelay),
            Flush = reader.Duration("flush", LongestDelay),
            Discard = reader.Duration("discard", LongestDelay),
            WriteZeroes = reader.Duration("write-zeroes", LongestDelay),
        };
        reader.RefuseTheRest();
        return delays;
    }
}
