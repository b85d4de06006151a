using System.Reflection;
using DmIo.Actors.Configuration;
using DmIo.Actors.Telemetry;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.TestKit.Tests.Entries;

/// <summary>Exceptions from the tests of public members, each with its reason.</summary>
internal static class Exclusions
{
    internal static bool FromNull(PublicEntry entry, ParameterInfo parameter) =>
        HasSpan(entry) || IsFaultsText(entry, parameter);

    internal static bool FromNumbers(PublicEntry entry) => HasSpan(entry) || IsOfDevice(entry) || Waits(entry);

    /// <summary>Users only read statistics and never construct them.</summary>
    internal static bool FromOptions(PublicEntry entry, Type options) =>
        IsOfProvider(entry) || options == typeof(ServiceStatistics) || options == typeof(LatencyDistribution);

    /// <summary>The exception reports that the system does not have the requested memory.</summary>
    internal static bool LacksMemory(PublicEntry entry, Exception? fault) => fault is OutOfMemoryException
        && (entry.Method.DeclaringType == typeof(VirtualBuffer) || entry.Method.DeclaringType == typeof(SegmentBatch));

    /// <summary>A provider may throw any exception, which the service wraps in a
    /// <see cref="DeviceOpenException"/>.</summary>
    private static bool IsOfProvider(PublicEntry entry) =>
        typeof(IDeviceProvider).IsAssignableFrom(entry.Method.DeclaringType);

    /// <summary>Reflection cannot pass a span.</summary>
    private static bool HasSpan(PublicEntry entry) =>
        entry.Method.GetParameters().Any(one => one.ParameterType.IsByRefLike);

    /// <summary>The code that reports an error should not cause another one: null is accepted as an empty
    /// text.</summary>
    private static bool IsFaultsText(PublicEntry entry, ParameterInfo parameter) =>
        parameter.ParameterType == typeof(string) && (entry.Method.DeclaringType == typeof(IoStatus)
            || typeof(Exception).IsAssignableFrom(entry.Method.DeclaringType));

    /// <summary>The caller of a device, which is the service, guarantees valid ranges.</summary>
    private static bool IsOfDevice(PublicEntry entry) =>
        entry.Method.DeclaringType == typeof(BlockDeviceOperations)
        || (typeof(IBlockDevice).IsAssignableFrom(entry.Method.DeclaringType)
        && Array.Exists(typeof(IBlockDevice).GetMethods(), one => one.Name == entry.Method.Name));

    /// <summary>The call waits until this number of calls is stuck.</summary>
    private static bool Waits(PublicEntry entry) => entry.Method.Name == nameof(HungDevice.WhenHungAsync);
}
