global using Record = Stint.Core.Journal.Record;
