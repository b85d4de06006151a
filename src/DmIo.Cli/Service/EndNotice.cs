using DmIo.Actors.Protocol;

namespace DmIo.Cli;

/// <summary>
/// Says why a command that was asked to end has not ended: one line on standard error, where it is still there a moment
/// after the first signal. From its creation to <see cref="DisposeAsync"/>.
/// </summary>
internal sealed class EndNotice : IAsyncDisposable
{
    /// <summary>Who ends within that has nothing to explain.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly IConsoleStreams streams;
    private readonly string name;
    private readonly Func<CancellationToken, Task<long>> countInFlight;
    private readonly CancellationTokenSource over = new();
    private readonly CancellationTokenRegistration registration;
    private Task telling = Task.CompletedTask;

    /// <param name="streams">The command's.</param>
    /// <param name="name">The command's.</param>
    /// <param name="countInFlight">Requests that are not answered; refused where the service has ended.</param>
    internal EndNotice(IConsoleStreams streams, string name, Func<CancellationToken, Task<long>> countInFlight)
    {
        this.streams = streams;
        this.name = name;
        this.countInFlight = countInFlight;
        registration = streams.Interrupted.Register(() => telling = TellAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await registration.DisposeAsync();
        await over.CancelAsync();
        await telling;
        over.Dispose();
    }

    private async Task TellAsync()
    {
        try
        {
            await Task.Delay(Patience, streams.Clock, over.Token);
            var awaited = await countInFlight(over.Token) switch
            {
                0 => "what it has begun",
                1 => "1 request in flight",
                var count => $"{count} requests in flight",
            };
            streams.Error.WriteLine($"{name}: waits for {awaited}; a second Ctrl-C or SIGTERM does not wait");
        }
        catch (Exception fault) when (fault is OperationCanceledException or IoRefusedException)
        {
            // It has ended meanwhile.
        }
    }
}
