using DmIo.Devices.Files;
using DmIo.Devices.Stores;

namespace DmIo.Tests.Devices;

/// <summary>File devices over the stores of tests.</summary>
internal static class FileDevices
{
    internal static FileDevice Threaded(FileStore store) => FileDevice.Over(store, new ThreadEngine(store, 4));
}
