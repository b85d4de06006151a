// A configuration: a tree of HOCON values, read by path, laid over the fallbacks that fill its gaps.
// Immutable. Root is the tree with every fallback merged in; the own tree, without them, is kept for ToString alone.
// A path that leads nowhere gives the caller's default. A value that is there but cannot be read throws.

using Akka.Configuration.Hocon;

namespace Akka.Configuration;

public class Config
{
    public static readonly Config Empty = ConfigurationFactory.Empty;

    private readonly HoconValue? _own;

    public Config()
    {
    }

    internal Config(HoconValue root) => Root = _own = root;

    private Config(Config source, Config fallback, HoconValue mergedRoot)
    {
        _own = source._own;
        Fallback = source.Fallback is null ? fallback : source.Fallback.WithFallback(fallback);
        Root = mergedRoot;
    }

    /// <summary>What lies under this configuration; null when nothing does.</summary>
    public Config? Fallback { get; }

    /// <summary>The whole tree, fallbacks merged in; null only for <c>new Config()</c>.</summary>
    public HoconValue? Root { get; }

    public bool IsEmpty => Root is null || Root.IsEmpty;

    public static implicit operator Config(string str) => ConfigurationFactory.ParseString(str);

    public bool HasPath(string path) => GetValue(path) is not null;

    /// <summary>The value at <paramref name="path"/>, null when there is none. Keys with dots are quoted.</summary>
    public HoconValue? GetValue(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var value = Root ?? throw new InvalidOperationException("This configuration has no root.");
        foreach (var key in ConfigPath.Split(path))
        {
            if (value.GetChildObject(key) is not { } child)
            {
                return null;
            }

            value = child;
        }

        return value;
    }

    /// <summary>The configuration under <paramref name="path"/>, null when there is none.</summary>
    public Config? GetConfig(string path)
    {
        var value = GetValue(path);
        if (value is null or { IsEmpty: true } && Fallback?.GetConfig(path) is { } fallback)
        {
            return fallback;
        }

        return value is null ? null : new Config(value);
    }

    /// <summary>The text at <paramref name="path"/>. A null that is spelt out hides the default.</summary>
    public string? GetString(string path, string? @default = null) =>
        GetValue(path) is { } value ? value.GetString() : @default;

    public bool GetBoolean(string path, bool @default = false) => GetValue(path)?.GetBoolean() ?? @default;

    public int GetInt(string path, int @default = 0) => GetValue(path)?.GetInt() ?? @default;

    public double GetDouble(string path, double @default = 0) => GetValue(path)?.GetDouble() ?? @default;

    /// <summary>A number of bytes: <c>512</c>, <c>64 KiB</c>; K, k, Ki and KiB are 1024, kB is 1000.</summary>
    public long? GetByteSize(string path, long? def = null) => GetValue(path) is { } value ? value.GetByteSize() : def;

    /// <summary>A duration: <c>5s</c>, <c>1.5 hours</c>, a bare number of milliseconds, or <c>infinite</c>.</summary>
    public TimeSpan GetTimeSpan(string path, TimeSpan? @default = null, bool allowInfinite = true) =>
        GetValue(path)?.GetTimeSpan(allowInfinite) ?? @default.GetValueOrDefault();

    /// <summary>The strings of an array; no string where there is no such path.</summary>
    public IList<string> GetStringList(string path) => GetStringList(path, []);

    public IList<string> GetStringList(string path, string[] defaultPaths) =>
        GetValue(path)?.GetStringList() ?? defaultPaths;

    public IList<int> GetIntList(string path) => GetValue(path)?.GetIntList()
        ?? throw new ConfigurationException($"There is no configuration at '{path}'.");

    /// <summary>This configuration, with the gaps filled from <paramref name="fallback"/>. Objects are merged, key by
    /// key; any other value, an array or null too, hides the fallback's.</summary>
    public Config WithFallback(Config? fallback)
    {
        if (ReferenceEquals(fallback, this))
        {
            throw new ArgumentException("A configuration cannot be its own fallback.", nameof(fallback));
        }

        if (fallback is null || fallback.IsEmpty)
        {
            return this;
        }

        if (IsEmpty)
        {
            return fallback;
        }

        return new Config(this, fallback, HoconValue.Of(ObjectOf(fallback).OverlaidBy(ObjectOf(this))));
    }

    /// <summary>The keys of the outermost object, fallbacks' included.</summary>
    public IEnumerable<KeyValuePair<string, HoconValue>> AsEnumerable() => Root?.GetObject()?.Items ?? [];

    public override string ToString() => _own?.ToString() ?? "";

    public string ToString(bool includeFallback) => (includeFallback ? Root?.ToString() : ToString()) ?? "";

    private static HoconObject ObjectOf(Config config) => config.Root!.GetObject()
        ?? throw new ConfigurationException("Only a configuration that is an object can have or be a fallback.");
}
