using DmIo.Actors.Protocol;
using DmIo.Cli.Streams;

namespace DmIo.Cli.Service;

/// <summary>
/// Reports why an interrupted command has not ended yet: one line on standard error, <see cref="Delay"/> after the
/// first signal. Active until <see cref="DisposeAsync"/>.
/// </summary>
internal sealed class EndNotice : IAsyncDisposable
{
    /// <summary>A command that ends sooner prints no notice.</summary>
    internal static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    private readonly IConsoleStreams streams;
    private readonly string name;
    private readonly Func<CancellationToken, Task<long>> countInFlight;
    private readonly CancellationTokenSource over = new();
    private readonly CancellationTokenRegistration registration;
    private Task reporting = Task.CompletedTask;

    /// <param name="streams">The streams of the command.</param>
    /// <param name="name">The name of the command.</param>
    /// <param name="countInFlight">Returns the number of requests in flight or waiting; throws if the service has
    /// stopped.</param>
    internal EndNotice(IConsoleStreams streams, string name, Func<CancellationToken, Task<long>> countInFlight)
    {
        this.streams = streams;
        this.name = name;
        this.countInFlight = countInFlight;
        registration = streams.Interrupted.Register(() => reporting = ReportAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await registration.DisposeAsync();
        await over.CancelAsync();
        await reporting;
        over.Dispose();
    }

    private async Task ReportAsync()
    {
        try
        {
            await Task.Delay(Delay, streams.Clock, over.Token);
            var reason = await countInFlight(over.Token) switch
            {
                0 => "its current operation",
                1 => "1 request in flight",
                var count => $"{count} requests in flight",
            };
            streams.Error.WriteLine($"{name}: waits for {reason}; a second Ctrl-C or SIGTERM does not wait");
        }
        catch (Exception fault) when (fault is OperationCanceledException or IoRefusedException)
        {
            // The command or the service has ended.
        }
    }
}
