using System.Reflection;
using DmIo.Actors.Configuration;
using DmIo.Actors.Telemetry;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.TestKit.Tests.Entries;

/// <summary>What is left out of the inventory's tests, each with its reason.</summary>
internal static class Excused
{
    internal static bool FromNull(PublicEntry entry, ParameterInfo parameter) =>
        HasSpan(entry) || IsFaultsText(entry, parameter);

    internal static bool FromNumbers(PublicEntry entry) => HasSpan(entry) || IsOfDevice(entry) || Waits(entry);

    /// <summary>Statistics are read, never made, by whom we serve.</summary>
    internal static bool FromOptions(PublicEntry entry, Type options) =>
        IsOfProvider(entry) || options == typeof(ServiceStatistics) || options == typeof(LatencyDistribution);

    /// <summary>It says that the system has not as much memory as was asked for.</summary>
    internal static bool LacksMemory(PublicEntry entry, Exception? fault) => fault is OutOfMemoryException
        && (entry.Method.DeclaringType == typeof(VirtualBuffer) || entry.Method.DeclaringType == typeof(SegmentBatch));

    /// <summary>"Anything else that is thrown is taken for" a <see cref="DeviceOpenException"/>.</summary>
    private static bool IsOfProvider(PublicEntry entry) =>
        typeof(IDeviceProvider).IsAssignableFrom(entry.Method.DeclaringType);

    /// <summary>Reflection can't pass one.</summary>
    private static bool HasSpan(PublicEntry entry) =>
        entry.Method.GetParameters().Any(one => one.ParameterType.IsByRefLike);

    /// <summary>Who reports a fault is not to meet another one: null is taken for no text.</summary>
    private static bool IsFaultsText(PublicEntry entry, ParameterInfo parameter) =>
        parameter.ParameterType == typeof(string) && (entry.Method.DeclaringType == typeof(IoStatus)
            || typeof(Exception).IsAssignableFrom(entry.Method.DeclaringType));

    /// <summary>"What a caller of these members promises (the service does): ranges lie within the capacity."</summary>
    private static bool IsOfDevice(PublicEntry entry) =>
        entry.Method.DeclaringType == typeof(BlockDeviceOperations)
        || (typeof(IBlockDevice).IsAssignableFrom(entry.Method.DeclaringType)
        && Array.Exists(typeof(IBlockDevice).GetMethods(), one => one.Name == entry.Method.Name));

    /// <summary>For as long as it takes, that many calls are not stuck.</summary>
    private static bool Waits(PublicEntry entry) => entry.Method.Name == nameof(HungDevice.WhenHungAsync);
}
