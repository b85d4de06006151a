using System.Buffers.Binary;
using DmIo.Actors.Protocol;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Parallel;

/// <summary>
/// A request of the load, its memory and its outcome. Once it is answered, and its buffer is not held, it spoils
/// the memory: whoever touches it after that is found out.
/// </summary>
internal sealed class LoadRequest(LoadLease lease, long number, IoOperation operation, int sectors)
    : IIoCompletion
{
    private const byte Spoilt = 0xEE;

    private readonly TaskCompletionSource<IoResult> outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] memory = new byte[sectors * Sector.SizeBytes];
    private bool isSpoilt;

    public LoadLease Lease { get; } = lease;

    public Task<IoResult> Outcome => outcome.Task;

    /// <summary>Memory as the request gives it: each sector of a write says who wrote it.</summary>
    public byte[]? NewMemory()
    {
        for (var sector = 0; operation == IoOperation.Write && sector < sectors; sector++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(memory.AsSpan(sector * Sector.SizeBytes), Lease.Number);
            BinaryPrimitives.WriteInt64LittleEndian(memory.AsSpan((sector * Sector.SizeBytes) + 8), number);
        }

        return operation is IoOperation.Read or IoOperation.Write ? memory : null;
    }

    public void Done(IoResult result)
    {
        Spoil(result);

        // Throws on a second outcome.
        outcome.SetResult(result);
    }

    public void Refused(IoRefusal cause, string reason) => outcome.SetException(new InvalidOperationException(reason));

    /// <summary>Nobody wrote into memory that was not theirs any more.</summary>
    public void CheckMemory() => Assert.True(!isSpoilt || memory.AsSpan().IndexOfAnyExcept(Spoilt) < 0);

    private void Spoil(IoResult result)
    {
        isSpoilt = !result.BufferHeld;
        if (isSpoilt)
        {
            memory.AsSpan().Fill(Spoilt);
        }
    }
}
