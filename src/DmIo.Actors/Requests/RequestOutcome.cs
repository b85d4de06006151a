using DmIo.Io;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Actors.Requests;

/// <summary>The outcome of one request after another. Allocates nothing for a request that succeeds and has no
/// context.</summary>
internal sealed class RequestOutcome
{
    private static readonly IoDone[] AllWell =
        [.. Enumerable.Range(0, ErrorBits.Capacity + 1).Select(count => new IoDone(new IoResult(count)))];

    private IoStatus[]? statuses;
    private object?[]? details;
    private TaskCompletionSource? released;

    /// <summary>The message with the outcome; null: it is not fixed.</summary>
    internal IoDone? Done { get; private set; }

    /// <summary>For the next request.</summary>
    internal void Clear() => (statuses, details, released, Done) = (null, null, null, null);

    /// <summary>Sets the status of a region.</summary>
    internal void Set(int index, in IoStatus status, int regionCount, string device)
    {
        if (!status.IsOk)
        {
            statuses ??= new IoStatus[regionCount];
            statuses[index] = Named(status, device);
        }
    }

    /// <summary>Sets what the device of a region reports about it.</summary>
    internal void Set(int index, object detail, int regionCount)
    {
        details ??= new object?[regionCount];
        details[index] = detail;
    }

    /// <summary>Fixes the outcome.</summary>
    internal void Conclude(int regionCount, object? context, ErrorBits held) =>
        Done = statuses is null && details is null && held.IsEmpty && context is null
            ? AllWell[regionCount]
            : new IoDone(NewResult(regionCount, context, held));

    /// <summary>The device of a region does not access the memory any more.</summary>
    /// <param name="index">The region.</param>
    /// <param name="held">Has ended; failed: it is unknown whether the device will still execute the operation.</param>
    internal void NoteReleased(int index, Task held)
    {
        if (held.IsFaulted && Done is { Result: var result })
        {
            result.InDoubt = result.InDoubt.With(index);
        }
    }

    /// <summary>No device accesses the memory any more.</summary>
    internal void Released() => released?.SetResult();

    private IoResult NewResult(int regionCount, object? context, ErrorBits held)
    {
        if (held.IsEmpty)
        {
            return statuses is null
                ? new IoResult(regionCount, context) { Details = details }
                : new IoResult(statuses, context) { Details = details };
        }

        released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return new IoResult(statuses ?? new IoStatus[regionCount], context, bufferHeld: true)
        {
            Details = details,
            Held = held,
            Released = released.Task,
        };
    }

    /// <summary>Adds the device's name to the failure, so that a log of the text alone identifies the device.</summary>
    private static IoStatus Named(in IoStatus status, string device) =>
        status.Failure is not { } failure || failure.Message.Contains(device, StringComparison.Ordinal)
            ? status
            : status with { Failure = failure with { Message = $"'{device}': {failure.Message}" } };
}
