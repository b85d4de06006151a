using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Devices.Stores;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Tests.Devices.Stores;

/// <summary>
/// A file under an inline engine that has an owner, mapped where its file system is in memory. Turns are taken by the
/// test's thread until all calls are answered. The file can be looked at, and changed, by another handle.
/// </summary>
internal sealed class MappedFile : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim woken = new(0);
    private readonly FileMapping? mapping;
    private readonly InlineEngine engine;
    private readonly LinuxFileStore store;
    private bool isClosed;

    /// <param name="path">The file; made anew.</param>
    /// <param name="lengthBytes">Of the file and the device.</param>
    /// <param name="isMapped">False: as the same engine does on any other file system.</param>
    /// <param name="processId">Whose memory the kernel is told to write into; null: this process's.</param>
    internal MappedFile(string path, int lengthBytes, bool isMapped = true, int? processId = null)
    {
        Path = path;
        var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite);
        RandomAccess.SetLength(handle, lengthBytes);
        store = new LinuxFileStore(handle, ByteSize.FromBytes(lengthBytes), isReadOnly: false);
        mapping = isMapped
            ? FileMapping.TryCreate(handle, lengthBytes, processId ?? Environment.ProcessId)
            : null;
        engine = new InlineEngine(store, mapping);
        engine.Attach(new DeviceHost(() => woken.Release()));
    }

    internal string Path { get; }

    internal bool IsMapped => mapping is not null;

    internal bool IsUsed => mapping is { IsUsable: true };

    internal byte[] Content => File.ReadAllBytes(Path);

    /// <summary>One turn's calls, and as many turns as they take.</summary>
    internal TransferResult[] Make(params IEnumerable<Func<InlineEngine, ValueTask<TransferResult>>> calls)
    {
        Task<TransferResult>[] tasks = [.. calls.Select(call => call(engine).AsTask())];
        engine.Poll();
        if (!tasks.All(task => task.IsCompleted))
        {
            // What awaits an answer may go on later, on another thread: that, too, is worth a look.
            _ = Task.WhenAll(tasks).ContinueWith(_ => woken.Release(), TaskScheduler.Default);
        }

        for (; !tasks.All(task => task.IsCompleted); engine.Poll())
        {
            Invariant.Require(woken.Wait(Patience));
        }

        return [.. tasks.Select(task => task.Result)];
    }

    /// <summary>Some writes of one turn, each of whole pages of one value.</summary>
    internal TransferResult[] WritePages(params IEnumerable<(int Page, byte Value)> writes) =>
        Make(writes.Select(write => Write(write.Page * 4096L, Bytes.Batch(Bytes.Filled(4096, write.Value)))));

    internal static Func<InlineEngine, ValueTask<TransferResult>> Write(
        long offsetBytes, SegmentBatch source, bool isDurable = false) =>
        engine => engine.WriteAsync(offsetBytes, source, isDurable);

    internal static Func<InlineEngine, ValueTask<TransferResult>> Read(long offsetBytes, SegmentBatch destination) =>
        engine => engine.ReadAsync(offsetBytes, destination);

    internal IoStatus Flush() => Completed.Of(engine.FlushAsync());

    internal IoStatus Discard(long offsetBytes, long lengthBytes) =>
        Completed.Of(engine.DiscardAsync(offsetBytes, lengthBytes));

    /// <summary>As a device does.</summary>
    internal void Close()
    {
        if (!isClosed)
        {
            isClosed = true;
            engine.DisposeAsync().AsTask().GetAwaiter().GetResult();
            store.Dispose();
        }
    }

    public void Dispose()
    {
        Close();
        woken.Dispose();
    }
}
