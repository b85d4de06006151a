namespace DmIo.Nbd.Tests.Server;

/// <summary>A clock that a test advances.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long now = TimeSpan.TicksPerSecond;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref now);

    internal void Advance(TimeSpan by) => Interlocked.Add(ref now, by.Ticks);
}
