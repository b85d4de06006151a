using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Devices.Stores;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Tests.Devices.Stores;

/// <summary>
/// A file with an inline engine that has an owner, mapped if it is on tmpfs. The thread of the test takes turns until
/// all calls are complete. The file can be read and changed through another handle.
/// </summary>
internal sealed class MappedFile : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim woken = new(0);
    private readonly FileMapping? mapping;
    private readonly InlineEngine engine;
    private readonly LinuxFileStore store;
    private bool isClosed;

    /// <param name="path">The path of the file, which is created.</param>
    /// <param name="lengthBytes">The length of the file and of the device.</param>
    /// <param name="isMapped">False: the engine works as on other file systems.</param>
    /// <param name="processId">The process into whose memory the kernel writes; null: this process.</param>
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

    /// <summary>Makes the calls in one turn, and takes more turns until all are complete.</summary>
    internal TransferResult[] Make(params IEnumerable<Func<InlineEngine, ValueTask<TransferResult>>> calls)
    {
        Task<TransferResult>[] tasks = [.. calls.Select(call => call(engine).AsTask())];
        engine.Poll();
        if (!tasks.All(task => task.IsCompleted))
        {
            // A continuation may run later, on another thread; it causes another turn too.
            _ = Task.WhenAll(tasks).ContinueWith(_ => woken.Release(), TaskScheduler.Default);
        }

        for (; !tasks.All(task => task.IsCompleted); engine.Poll())
        {
            Invariant.Require(woken.Wait(Patience));
        }

        return [.. tasks.Select(task => task.Result)];
    }

    /// <summary>Makes writes in one turn, each of a whole page of one value.</summary>
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

    /// <summary>Closes the engine and the store, as a device does.</summary>
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
