using DmIo.Actors.Protocol;
using DmIo.Io;

namespace DmIo.Actors.Tests.Fixtures;

/// <summary>A request's outcome as a task, and a piece of code that runs in the service's own callback.</summary>
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
