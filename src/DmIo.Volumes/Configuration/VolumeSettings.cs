using Akka.Configuration;
using Akka.Configuration.Hocon;
using DmIo.Actors.Configuration;
using DmIo.Actors.Devices;
using DmIo.Volumes.Actors;

namespace DmIo.Volumes.Configuration;

/// <summary>
/// One block of <c>dmio.volumes</c>, with the defaults of <c>hocon/volumes.conf</c>, read strictly: an unknown key or
/// an invalid value is a <see cref="ConfigurationException"/> that names the key's full path.
/// </summary>
internal static class VolumeSettings
{
    private const string Resource = "DmIo.Volumes.volumes.conf";
    private const string Path = "dmio.volumes";
    private const string ExpectedLegs =
        "a list of names of devices, each with ;metadata=NAME if its metadata is external";

    private const string ExpectedWitnesses = "a list of names of devices, or of paths with a slash";

    /// <summary>Every key of a volume, with an example of the required one.</summary>
    internal static Config Reference { get; } =
        ConfigurationFactory.FromResource(Resource, typeof(VolumeSettings).Assembly);

    /// <summary>The volumes of a configuration, by name in ordinal order.</summary>
    /// <exception cref="ConfigurationException">The message names the key and the fix.</exception>
    internal static IReadOnlyList<VolumeOptions> ReadAll(Config config)
    {
        if (!config.HasPath(Path))
        {
            return [];
        }

        var defaults = ReadDefaults();
        var volumes = new SettingsReader(config.GetValue(Path), Path);
        return [.. volumes.Keys.Select(name => Read(name, volumes.Section(name, defaults)))];
    }

    private static VolumeOptions Read(string name, SettingsReader reader)
    {
        reader.MayHave("legs", "witnesses", "witness", "spares");
        if (DeviceName.FaultOf(name) is { } nameFault)
        {
            throw new ConfigurationException($"{reader.Path} has an invalid name. {nameFault}");
        }

        var options = new VolumeOptions
        {
            Name = name,
            Legs = [.. reader.TextList("legs", ExpectedLegs, IsLeg).Select(LegDevices.Parse)],
            Witnesses = ReadWitnesses(reader),
            Spares = reader.Keys.Contains("spares")
                ? [.. reader.TextList("spares", ExpectedLegs, IsLeg, mayBeEmpty: true).Select(LegDevices.Parse)]
                : [],
            SpareAfter = reader.Duration("spare-after", VolumeRules.MaxTimeout),
            Pages = (int)reader.Number("pages", 1, int.MaxValue),
            OpenTimeout = reader.Duration("open-timeout", VolumeRules.MaxTimeout),
            LegTimeout = reader.Duration("leg-timeout", VolumeRules.MaxTimeout),
            OnNoQuorum = reader.Choice<NoQuorumAction>("on-no-quorum"),
            SuspendDeadline = reader.Duration("suspend-deadline", VolumeRules.MaxTimeout),
            MinInSync = (int)reader.Number("min-in-sync", 1, int.MaxValue),
            ReadQuorum = reader.Flag("read-quorum"),
            AfterPowerLoss = reader.Choice<PowerLossAction>("after-power-loss"),
            PowerLossTimeout = reader.Duration("power-loss-timeout", VolumeRules.MaxTimeout),
            MaxResync = reader.Size("max-resync", "a size per second, such as 100MiB, or 0", _ => true),
            ComparesResync = reader.Flag("compare-resync"),
            AllowUnfenced = reader.Flag("allow-unfenced"),
        };
        reader.RefuseUnknownKeys();
        return VolumeRules.FaultOf(options) is { } fault
            ? throw new ConfigurationException($"{reader.Path} is invalid. {fault}")
            : options;
    }

    private static bool IsLeg(string text) =>
        LegDevices.Parse(text).All.All(device => DeviceName.FaultOf(device) is null);

    private static IReadOnlyList<string> ReadWitnesses(SettingsReader reader)
    {
        static bool IsWitness(string text) => DeviceName.FaultOf(text) is null;
        if (!reader.Keys.Contains("witness"))
        {
            return reader.Keys.Contains("witnesses")
                ? reader.TextList("witnesses", ExpectedWitnesses, IsWitness, mayBeEmpty: true)
                : [];
        }

        return reader.Keys.Contains("witnesses")
            ? throw new ConfigurationException(
                $"{reader.Path} has witness and witnesses. Write one of them: witness = w, or witnesses = [w, x].")
            : [reader.Text("witness", "the name of a device, or a path with a slash", IsWitness)];
    }

    /// <summary>The required key of a volume is an example in the reference; an empty list cannot be read.</summary>
    private static SettingsReader ReadDefaults()
    {
        var example = Reference.GetValue(Path).GetObject().Items.Values.Single();
        var block = new HoconObject();
        foreach (var (key, value) in example.GetObject().Items.Where(
            item => item.Key is not ("legs" or "witnesses" or "spares")))
        {
            block.Items[key] = value;
        }

        var hocon = new HoconValue();
        hocon.AppendValue(block);
        return new SettingsReader(hocon, Path);
    }
}
