using DmIo.Actors.Protocol;
using DmIo.Io;

namespace DmIo.Actors.Tests.Fixtures;

/// <summary>The outcome of a request as a task, and an action that runs in the service's callback.</summary>
internal sealed class Completion(Action<IoResult>? callback = null) : IIoCompletion
{
    private readonly TaskCompletionSource<IoResult> outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<IoResult> Task => outcome.Task;

    public void Done(IoResult result)
    {
        callback?.Invoke(result);
        outcome.SetResult(result);
    }

    public void Refused(IoRefusal cause, string reason) => outcome.SetException(new InvalidOperationException(reason));
}
