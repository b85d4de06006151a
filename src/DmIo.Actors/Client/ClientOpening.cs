using DmIo.Actors.Protocol;

namespace DmIo.Actors.Client;

/// <summary>A call to <see cref="DmIoService.OpenAsync"/> that is under way.</summary>
internal sealed class ClientOpening(int pages, bool wait, int weight, CancellationToken cancellationToken)
{
    internal const string ServiceStopped = "The service has stopped.";

    private readonly TaskCompletionSource<IoClient> source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal int Pages => pages;

    internal bool Wait => wait;

    internal int Weight => weight;

    internal CancellationToken CancellationToken => cancellationToken;

    internal Task<IoClient> Task => source.Task;

    /// <summary>Nothing where the service has stopped meanwhile, which ended the wait.</summary>
    internal void Open(IoClient client) => source.TrySetResult(client);

    internal void Refuse(string reason, IoRefusal? cause) =>
        source.TrySetException(new IoRefusedException(reason, cause));

    internal void Cancel() => source.TrySetCanceled(cancellationToken);
}
