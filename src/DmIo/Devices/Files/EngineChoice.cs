using DmIo.Devices.IoUring;
using DmIo.Devices.Stores;

namespace DmIo.Devices.Files;

/// <summary>
/// Which engine serves a file: the one asked for, or the fastest that there is. In memory: inline. Else the ring, where
/// the kernel has one; else threads.
/// </summary>
internal static class EngineChoice
{
    /// <exception cref="DeviceOpenException">What was asked for is not to be had.</exception>
    internal static IFileEngine Make(FileStore store, FileDeviceOptions options) => options.Mode switch
    {
        null => Choose(store, options),
        ServiceMode.Inline => new InlineEngine(store, store.TryMap()),
        ServiceMode.Ring => RingEngine.TryCreate(store, options.QueueDepth, out var reason)
            ?? throw new DeviceOpenException(
                options.Path, $"it cannot be served by io_uring: {reason} Leave the mode open, or ask for threads."),
        ServiceMode.Threads => new ThreadEngine(store, options.QueueDepth),
        _ => throw new DeviceOpenException(
            options.Path,
            $"a file is not served in the mode {options.Mode}; leave the mode open, or ask for inline, ring or "
            + "threads."),
    };

    private static IFileEngine Choose(FileStore store, FileDeviceOptions options)
    {
        if (store.NeverWaits)
        {
            return new InlineEngine(store, store.TryMap());
        }

        return RingEngine.TryCreate(store, options.QueueDepth, out _)
            ?? (IFileEngine)new ThreadEngine(store, options.QueueDepth);
    }
}
