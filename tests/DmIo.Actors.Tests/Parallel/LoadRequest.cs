using System.Buffers.Binary;
using DmIo.Actors.Protocol;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Parallel;

/// <summary>
/// A request of the load, its memory and its outcome. After the outcome, unless the buffer is held, the memory is
/// overwritten, to detect later accesses.
/// </summary>
internal sealed class LoadRequest(LoadLease lease, long number, IoOperation operation, int sectors)
    : IIoCompletion
{
    private const byte Overwritten = 0xEE;

    private readonly TaskCompletionSource<IoResult> outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] memory = new byte[sectors * Sector.SizeBytes];
    private bool isOverwritten;

    public LoadLease Lease { get; } = lease;

    public Task<IoResult> Outcome => outcome.Task;

    /// <summary>The memory of the request; each sector of a write contains its writer and number.</summary>
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
        Overwrite(result);

        // Throws on a second outcome.
        outcome.SetResult(result);
    }

    public void Refused(IoRefusal cause, string reason) => outcome.SetException(new InvalidOperationException(reason));

    /// <summary>Checks that the memory was not accessed after it was returned.</summary>
    public void CheckMemory() => Assert.True(!isOverwritten || memory.AsSpan().IndexOfAnyExcept(Overwritten) < 0);

    private void Overwrite(IoResult result)
    {
        isOverwritten = !result.BufferHeld;
        if (isOverwritten)
        {
            memory.AsSpan().Fill(Overwritten);
        }
    }
}
