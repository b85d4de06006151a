using System.Text.Json;
using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors.Client;
using DmIo.Actors.Configuration;
using DmIo.Actors.Telemetry;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Devices.Files;
using DmIo.Io;
using DmIo.Memory;
using DmIo.Nbd.Client;
using DmIo.Nbd.Server;
using DmIo.TestKit.Crashes;
using DmIo.TestKit.Oracle;
using DmIo.TestKit.Simulation;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.TestKit.Tests.Entries;

/// <summary>Creates a valid value of any type that a public member accepts, and an instance of any type with public
/// members. An unknown type fails the test and must be added here.</summary>
internal sealed class ValueFactory : IAsyncDisposable
{
    private const string Name = "disk";

    private readonly RunningService running = new();
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("dmio-");
    private readonly Dictionary<Type, Func<object?>> known;
    private IoClient client = null!; // set by NewAsync
    private NbdServer server = null!; // set by NewAsync

    private ValueFactory() => known = Values().Concat(Services()).ToDictionary();

    private Dictionary<Type, Func<object?>> Values() => new()
    {
        [typeof(string)] = () => Name,
        [typeof(object)] = () => "mine",
        [typeof(IBlockDevice)] = () => new MemoryDevice(ByteSize.FromSectors(64)),
        [typeof(DeviceDecorator)] = () =>
            new DelayedDevice(new MemoryDevice(ByteSize.FromSectors(64)), new DeviceDelays()),
        [typeof(WaitingDevice)] = () =>
            new DelayedDevice(new MemoryDevice(ByteSize.FromSectors(64)), new DeviceDelays()),
        [typeof(IoMemory)] = () => (IoMemory)new byte[4096],
        [typeof(MemoryBlock)] = () => new MemoryBlock(new byte[4096].AsMemory()),
        [typeof(Memory<byte>)] = () => new byte[512].AsMemory(),
        [typeof(ReadOnlyMemory<byte>)] = () => (ReadOnlyMemory<byte>)new byte[512],
        [typeof(byte[])] = () => new byte[512],
        [typeof(IReadOnlyList<BioSegment>)] = () => new[] { new BioSegment(new byte[4096], 0, 512) },
        [typeof(IReadOnlyList<Page>)] = () => client.Lease.Pages.ToArray(),
        [typeof(IReadOnlyList<Memory<byte>>)] = () => new Memory<byte>[] { new byte[4096] },
        [typeof(IReadOnlyList<IoRegion>)] = () => new[] { new IoRegion(Name, 0, 1) },
        [typeof(SegmentBatch)] = NewBatch,
        [typeof(SegmentCursor)] = () => new SegmentCursor(new byte[4096]),
        [typeof(SectorCount)] = () => new SectorCount(1),
        [typeof(ByteSize)] = () => ByteSize.FromKiB(32),
        [typeof(ErrorBits)] = () => ErrorBits.All(3),
        [typeof(IoRegion)] = () => new IoRegion(Name, 0, 1),
        [typeof(IoRegion).MakeByRefType()] = () => new IoRegion(Name, 0, 1),
        [typeof(IoStatus[])] = () => new IoStatus[1],
        [typeof(IoResult)] = () => new IoResult(1),
        [typeof(Exception)] = () => new IOException("The test's."),
        [typeof(Action)] = () => (Action)(() => { }),
        [typeof(FileDeviceOptions)] = NewFile,
        [typeof(FileDevice)] = () => FileDevice.Open(NewFile()),
        [typeof(TimeProvider)] = () => TimeProvider.System,
        [typeof(FaultRule[])] = () => Array.Empty<FaultRule>(),
        [typeof(Func<DeviceDescription, DeviceDescription>)] =
            () => (Func<DeviceDescription, DeviceDescription>)(description => description),
        [typeof(IoOperation[])] = () => new[] { IoOperation.Read },
        [typeof(FaultRule)] = () => new FaultRule(),
    };

    private Dictionary<Type, Func<object?>> Services() => new()
    {
        [typeof(ActorSystem)] = () => running.System,
        [typeof(ExtendedActorSystem)] = () => running.System,
        [typeof(DmIoService)] = () => running.Service,
        [typeof(IoClient)] = () => client,
        [typeof(IoRequest)] = () => new IoRequest { Operation = IoOperation.Flush, Regions = [new(Name, 0, 0)] },
        [typeof(IoNotify)] = () => (IoNotify)((_, _) => { }),
        [typeof(Func<JsonElement>)] = () => (Func<JsonElement>)(() => default),
        [typeof(LatencyDistribution)] = () => LatencyDistribution.Empty,
        [typeof(Utf8JsonWriter)] = () => new Utf8JsonWriter(new MemoryStream()),
        [typeof(MessageStatistics)] = () => new MessageStatistics(1, 1, 1, 1),
        [typeof(ServiceStatistics)] = () => running.Service.GetStatisticsAsync().GetAwaiter().GetResult(),
        [typeof(NbdDeviceOptions)] = () => new NbdDeviceOptions { Uri = server.UrisOf("export")[0] },
        [typeof(NbdDevice)] = () => NbdDevice.OpenAsync(new() { Uri = server.UrisOf("export")[0] })
            .GetAwaiter().GetResult(),
        [typeof(DeviceOpening)] = () => new DeviceOpening { Uri = server.UrisOf("export")[0].ToString() },
        [typeof(NbdServerOptions)] = NewServerOptions,
        [typeof(NbdServer)] = () => server,
        [typeof(NbdExport)] = () => new NbdExport { Name = Guid.NewGuid().ToString("n"), Device = Name, Pages = 1 },
        [typeof(IReadOnlyList<NbdExport>)] = () => Array.Empty<NbdExport>(),
        [typeof(SimulatedDisk)] = () => new SimulatedDisk(ByteSize.FromSectors(64), 1),
        [typeof(IReadOnlyDictionary<string, DiskOracle>)] =
            () => new Dictionary<string, DiskOracle> { [Name] = new(ByteSize.FromSectors(64)) },
        [typeof(DiskAccess)] = () => new DiskAccess(IoOperation.Flush, 0, 0),
        [typeof(WriteLogDevice)] = () => new WriteLog().Record(Name, new MemoryDevice(ByteSize.FromSectors(64))),
        [typeof(WriteLogReplayer)] = () => new WriteLogReplayer(NewLog()),
        [typeof(WriteLog)] = NewLog,
        [typeof(Crash)] = () => new WriteLogReplayer(NewLog()).WorstCrashAt(0),
        [typeof(Random)] = () => new Random(1),
        [typeof(SimulatedRuntime)] = () => new SimulatedRuntime(1),
        [typeof(Func<Task>)] = () => (Func<Task>)(() => Task.CompletedTask),
        [typeof(Func<Task<object>>)] = () => (Func<Task<object>>)(() => Task.FromResult(new object())),
        [typeof(IThreadPoolWorkItem)] = () => new Nothing(),
        [typeof(Config)] = () => Config.Empty,
        [typeof(IReadOnlyCollection<string>)] = () => Array.Empty<string>(),
        [typeof(Func<Crash, Task>)] = () => (Func<Crash, Task>)(_ => Task.CompletedTask),
    };

    internal static async Task<ValueFactory> NewAsync()
    {
        var factory = new ValueFactory();
        await factory.running.Service.AttachAsync(Name, new MemoryDevice(ByteSize.FromSectors(64)));
        factory.client = await factory.running.Service.OpenAsync(pages: 4);
        factory.server = await NbdServer.StartAsync(factory.running.System, NewServerOptions());
        await factory.server.AddExportAsync(new NbdExport { Name = "export", Device = Name });
        return factory;
    }

    /// <summary>A valid value; null for nullable types.</summary>
    internal object? Value(Type type)
    {
        if (known.TryGetValue(type, out var make))
        {
            return make();
        }

        return type.IsValueType ? Activator.CreateInstance(type) : Made(type);
    }

    /// <summary>Whether the objects still work after all calls.</summary>
    internal async Task<bool> StillWorkAsync() =>
        (await client.WriteAsync(new IoRegion(Name, 0, 8), new byte[4096])).IsOk
        && (await server.GetStatusAsync()).Exports.Count == 1;

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        await running.DisposeAsync();
        folder.Delete(recursive: true);
    }

    private static SegmentBatch NewBatch()
    {
        var batch = new SegmentBatch();
        batch.Add(new byte[512]);
        return batch;
    }

    private static WriteLog NewLog()
    {
        var log = new WriteLog();
        _ = log.Record(Name, new MemoryDevice(ByteSize.FromSectors(64)));
        return log;
    }

    private static NbdServerOptions NewServerOptions() =>
        new() { EndPoints = [new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0)] };

    private FileDeviceOptions NewFile() =>
        new()
        {
            Path = Path.Combine(folder.FullName, Guid.NewGuid().ToString("n")),
            CreateSize = ByteSize.FromSectors(64),
        };

    /// <summary>Creates an instance by its shortest public constructor.</summary>
    private object Made(Type type)
    {
        var constructor = type.GetConstructors().MinBy(one => one.GetParameters().Length)
            ?? throw new InvalidOperationException($"The test has no value of the type {type}; add one.");
        return constructor.Invoke([.. constructor.GetParameters().Select(one => Value(one.ParameterType))]);
    }

    private sealed class Nothing : IThreadPoolWorkItem
    {
        public void Execute()
        {
            // Nothing.
        }
    }
}
