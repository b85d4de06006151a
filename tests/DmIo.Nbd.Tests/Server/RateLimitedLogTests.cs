using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using DmIo.Nbd.Server;
using Xunit;

namespace DmIo.Nbd.Tests.Server;

/// <summary>Warnings that clients can cause.</summary>
public sealed class RateLimitedLogTests : IAsyncLifetime
{
    private readonly ActorSystem system = ActorSystem.Create(
        "log", ConfigurationFactory.ParseString("akka { loglevel = WARNING, stdout-loglevel = OFF, loggers = [] }"));

    private readonly ManualTime time = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => system.Terminate().InTime();

    [Fact]
    public async Task Warnings_are_limited_and_the_next_one_counts_the_suppressed()
    {
        var log = new EventProbe(system, typeof(Warning));
        var refusals = new RateLimitedLog(Logging.GetLogger(system, "server"), time);

        for (var number = 0; number < RateLimitedLog.Burst + 5; number++)
        {
            refusals.Warn($"client {number}");
        }

        time.Advance(RateLimitedLog.Interval);
        refusals.Warn("late");
        refusals.Warn("too late");
        time.Advance(RateLimitedLog.Interval);
        refusals.Warn("last");

        for (var number = 0; number < RateLimitedLog.Burst; number++)
        {
            Assert.Equal($"client {number}", await NextAsync(log));
        }

        Assert.Equal("late (5 earlier warnings were suppressed)", await NextAsync(log));
        Assert.Equal("last (1 earlier warnings were suppressed)", await NextAsync(log));
    }

    private static async Task<string> NextAsync(EventProbe log) =>
        ((LogEvent)await log.NextAsync()).Message.ToString()!;
}
