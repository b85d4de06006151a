namespace DmIo.Nbd.Tests.Server;

/// <summary>Time that stands still until a test moves it.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long now = TimeSpan.TicksPerSecond;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref now);

    internal void Advance(TimeSpan by) => Interlocked.Add(ref now, by.Ticks);
}
