// Where an actor system is. This runtime is local only, so an address is a protocol and a system name;
// host and port exist because paths and tools print them where an address came from elsewhere.
namespace Akka.Actor;

/// <summary>The part of an actor path before the first slash: <c>akka://system</c>.</summary>
public sealed class Address : IEquatable<Address>, IComparable<Address>
{
    public static readonly Address AllSystems = new("akka", "all-systems");

    private readonly string _text;

    public Address(string protocol, string system, string? host = null, int? port = null)
    {
        Protocol = protocol;
        System = system;
        Host = host;
        Port = port;
        var place = host is null ? "" : port is null ? "@" + host : $"@{host}:{port}";
        _text = $"{protocol}://{system}{place}";
    }

    public string Protocol { get; }
    public string System { get; }
    public string? Host { get; }
    public int? Port { get; }

    public bool Equals(Address? other) => other is not null && (ReferenceEquals(this, other) || _text == other._text);
    public override bool Equals(object? obj) => Equals(obj as Address);
    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);
    public int CompareTo(Address? other) => string.CompareOrdinal(_text, other?._text);
    public override string ToString() => _text;

    public static bool operator ==(Address? left, Address? right) => Equals(left, right);
    public static bool operator !=(Address? left, Address? right) => !Equals(left, right);

    /// <summary>Reads <c>protocol://system</c> or <c>protocol://system@host:port</c>.</summary>
    internal static bool TryParse(string text, out Address? address)
    {
        address = null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || !text.Contains("://", StringComparison.Ordinal))
        {
            return false;
        }

        address = string.IsNullOrEmpty(uri.UserInfo)
            ? new Address(uri.Scheme, uri.Host)
            : new Address(uri.Scheme, uri.UserInfo, uri.Host, uri.Port < 0 ? null : uri.Port);
        return true;
    }
}
