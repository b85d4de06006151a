// A piece of text, quoted or not. Numbers, booleans and null are texts until somebody asks for more.

namespace Akka.Configuration.Hocon;

public sealed class HoconLiteral : IHoconElement
{
    public string? Value { get; set; }

    public bool IsString() => true;

    public string? GetString() => Value;

    public bool IsArray() => false;

    public IList<HoconValue> GetArray() => throw new NotSupportedException("A literal is not an array.");

    public override string? ToString() => Value;
}
